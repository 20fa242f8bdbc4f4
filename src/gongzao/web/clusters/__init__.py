"""The registry: regions, industries, clusters, enterprises, titles and observations."""
