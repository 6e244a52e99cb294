"""How static files are named and packed (静态文件)."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names inside ES modules too, so that a new version of one is never mixed with an old one of another."""

    support_js_module_import_aggregation = True
