"""Gongzao 共造: an operating platform for industrial clusters (产业集群)."""
