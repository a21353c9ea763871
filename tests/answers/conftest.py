from tests.web.conftest import config, database, play, served, view

__all__ = ["config", "database", "play", "served", "view"]
