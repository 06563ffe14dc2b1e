from training.translations import translation_check

CATALOGUE = 'msgid "Send a ping."\nmsgstr "Надішліть ping."\n\nmsgid "Next"\nmsgstr ""\n'


def test_a_text_is_translated_if_every_catalogue_has_it(tmp_path):
    (tmp_path / "uk.po").write_text(CATALOGUE)
    is_translated = translation_check(tmp_path)

    assert is_translated("Send a ping.")
    assert not is_translated("Next")
    assert not is_translated("Send")


def test_the_catalogues_of_the_workbench_are_found():
    assert not translation_check()("a text that no lesson has")
