import gc
import sys

import pytest

from openk15.garbage import collection_paused, importing


def test_collection_pauses_inside_and_goes_on_afterwards():
    with collection_paused():
        assert not gc.isenabled()
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collection_goes_on_after_an_error():
    with pytest.raises(KeyError), collection_paused():
        {}["none"]
    assert gc.isenabled()


def test_what_a_library_left_is_set_aside_once(monkeypatch):
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(gc.isenabled()))
    monkeypatch.delitem(sys.modules, "this_is_new", raising=False)
    with importing("this_is_new"):
        assert not gc.isenabled()
        monkeypatch.setitem(sys.modules, "this_is_new", gc)
    with importing("this_is_new"):
        pass
    assert frozen == [True]
