"""Words of the catalogue on pages (页面用语)."""

from django import template

from apps.catalog.selectors import context_title

register = template.Library()
register.filter(context_title)
