"""What is wrong with outlines, in sentences that say what to do. Without a page they are in English, for commands."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.services.outlines import Trouble

_EXPORT = _l(
    "Export it again in EPSG:4326: in QGIS by Export › Save Features As…, with EPSG:4326 as its CRS; or by "
    "ogr2ogr -t_srs EPSG:4326 new.geojson old.geojson."
)
SENTENCES = {
    "large": _l("It is larger than %(most)s MB. Simplify its outlines (in QGIS: Vector › Geometry Tools › Simplify), or split it."),
    "json": _l("It is not GeoJSON: it cannot be read as JSON. Export it again as GeoJSON."),
    "encoding": _l("It is not in UTF-8. Export it again as GeoJSON, with UTF-8 as its encoding."),
    "nested": _l("It is not GeoJSON: lists stand in lists without end. Export it again as GeoJSON."),
    "collection": _l("It is not a GeoJSON FeatureCollection. Export the whole layer, not one shape of it."),
    "no_features": _l("It holds no outlines. Check that the layer has features, and that all of them are exported."),
    "many": _l("It has more than %(most)s features. Split it."),
    "projection_named": _l("It says that it is in %(projection)s. Needed are degrees of longitude and latitude (WGS84)."),
    "projection_seen": _l("It is not in degrees of longitude and latitude: its numbers look like %(projection)s."),
    "degrees": _l("It is not in degrees of longitude and latitude (WGS84)."),
    "swapped": _l("Latitude stands before longitude: in GeoJSON, longitude comes first. Export it again with the axes swapped."),
    "name": _l("It has no text in its property %(property)s. Its properties: %(there)s. Say which property holds the names."),
    "long_name": _l("Its name has more than %(most)s characters, or characters that cannot be printed. Shorten it."),
    "geometry": _l("It has no geometry. Draw it, or take it out of the layer."),
    "polygon": _l("It is a %(kind)s, not a polygon. Keep polygons alone in the layer."),
    "numbers": _l("Its corners are not all pairs of numbers. Export it again as GeoJSON."),
    "empty": _l("Its outline is empty: it holds no ground. Draw it again, or take it out of the layer."),
    "corner_few": _l("A ring of it has fewer than three corners. Draw it again."),
    "corners": _l("Its outline has more than %(most)s corners. Simplify it (in QGIS: Vector › Geometry Tools › Simplify)."),
    "hole": _l("A hole in it lies outside of it, near longitude %(lon)s, latitude %(lat)s. Take the hole out, or move it."),
    "crosses": _l("Its outline crosses itself near longitude %(lon)s, latitude %(lat)s. Put it right there (in QGIS: Fix Geometries)."),
    "meridian": _l("A side of it is longer than 180 degrees: cut it in two at the 180th meridian."),
    "gone": _l("Somebody has changed the territories meanwhile. Begin again."),
    "ring": _l("A territory cannot lie in itself, nor in one that lies in it. Choose another one."),
    "twin": _l("Another area of this name lies beside it. Give one of the two another name, for example with its district."),
    "several": _l("Several outlines were given for one territory. Give one."),
}  # fmt: skip
IN_METRES = {"projection_named", "projection_seen", "degrees"}


def say(trouble: Trouble) -> str:
    """One line: which feature, and what is wrong with it."""
    sentence = str(SENTENCES[trouble.what]) % trouble.values
    if trouble.what in IN_METRES:
        sentence += f" {_EXPORT}"
    if not trouble.number:
        return sentence
    if not trouble.name:
        return _("Feature %(number)s: %(sentence)s", number=trouble.number, sentence=sentence)
    return _("Feature %(number)s (%(name)s): %(sentence)s", number=trouble.number, name=trouble.name, sentence=sentence)
