"""The catalogue room: what people decide, as data, read once and checked whole."""

from etl.catalog.loader import Catalogue, load_catalogue

__all__ = ["Catalogue", "load_catalogue"]
