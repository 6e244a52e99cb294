def test_cadre_logs_in(log_in):
    page = log_in("cunju")
    assert "施玉芳" in page.locator("h1").inner_text()
