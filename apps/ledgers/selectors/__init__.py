"""Reads for the pages of ledgers (台账页面所需的读取)."""
