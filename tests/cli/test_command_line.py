"""The command line as a whole."""


def test_the_version_is_told(groupchat_process):
    assert groupchat_process("sqlite:///x.db", "--version").out.strip() == "0.1.0"
