"""Settings, addresses, layout and commands of the site."""
