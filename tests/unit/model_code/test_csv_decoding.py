import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

_NAMES = ("a", "b")


@pytest.fixture(params=[1, 1000], ids=["short", "long"])
def repeat(request):
    return request.param


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1,2\n3,4", id="no line end at the end"),
        pytest.param("1,2\n3,4\n\n", id="blank lines at the end"),
        pytest.param("1,2\r\n3,4\r\n", id="Windows line ends"),
        pytest.param(" 1 ,\t2\n3, 4\n", id="spaces"),
        pytest.param('"1","2"\n3,4\n', id="quotes"),
        pytest.param("+1,2.\n3e0,.04E2\n", id="notations"),
        pytest.param("a,b\n1,2\n3,4\n", id="header"),
        pytest.param('"a", b\n1,2\n3,4\n', id="quoted header"),
    ],
)
def test_decodes_rows_of_numbers(scripts, text):
    assert scripts.model_utils.decode_csv(text, _NAMES).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_takes_the_number_of_columns_from_the_first_row_when_no_names_are_given(scripts):
    assert scripts.model_utils.decode_csv("1,2,3\n4,5,6").shape == (2, 3)
    with pytest.raises(scripts.model_utils.InputError, match=r"body row 2 must have 3 values, got 2"):
        scripts.model_utils.decode_csv("1,2,3\n4,5")
    with pytest.raises(
        scripts.model_utils.InputError, match=r"body row 1, column 1 must be a number, got 'a'"
    ):
        scripts.model_utils.decode_csv("a,b\n1,2")


@pytest.mark.parametrize("rows", [1, 100, 3000])
def test_every_double_comes_back_exactly(scripts, rows):
    bits = np.random.default_rng(rows).integers(0, 2**63, size=rows * 3, dtype=np.uint64).view(np.float64)
    values = np.where(np.isfinite(bits), bits, 0.1).reshape(rows, 3)
    text = "\n".join(",".join(map(repr, row)) for row in values.tolist())
    assert (scripts.model_utils.decode_csv(text) == values).all()


_DIGITS_AND_MORE = st.text(alphabet="0123456789.,-+eE_ \t\n\r\"'naif#x\u0661\u00e9\x00", max_size=40)
_CELLS = st.sampled_from(
    ["1", "-2.5", "1e3", "", " ", "x", "nan", "inf", "1_0", '"7"', "\u0661", "1\r2", "0x1"]
)
_ROWS = st.lists(st.lists(_CELLS, min_size=1, max_size=3).map(",".join), min_size=1, max_size=4).map(
    "\n".join
)


@given(text=st.one_of(_DIGITS_AND_MORE, _ROWS), width=st.integers(1, 3))
def test_fast_decoding_never_differs_from_cell_by_cell_decoding(scripts, text, width):
    utils = scripts.model_utils
    lines = utils.unix_lines(text).split("\n")
    fast = utils._decode_fast(lines, width)
    if fast is not None:
        assert fast.tolist() == utils._decode_checked(lines, None, width, "body").tolist()


_DIGITS = st.text(alphabet="0123456789", max_size=19)
_PLAIN = st.tuples(st.sampled_from(["", "-", "+"]), _DIGITS, st.sampled_from([".", ""]), _DIGITS).map("".join)


@given(st.lists(_PLAIN.filter(lambda cell: any(map(str.isdigit, cell))), min_size=1, max_size=20))
def test_plain_numbers_of_any_length_are_rounded_as_python_rounds_them(scripts, cells):
    expected = [float(cell) for cell in cells]
    assert scripts.model_utils.decode_csv("\n".join(cells)).ravel().tolist() == expected
    plain = scripts.plain_numbers.decode_plain("\n".join(cells))
    assert plain is None or plain.tolist() == expected


def test_a_quotient_halfway_between_two_doubles_is_rounded_as_python_rounds_it(scripts):
    # Above 2**53 every second or fourth whole number lies halfway between two doubles.
    wholes = [2**53 + step for step in range(1, 400)] + [2**54 + step for step in range(1, 400)]
    cells = [str(whole) for whole in wholes] + [f"{whole // 100}.{whole % 100:02}" for whole in wholes]
    assert scripts.plain_numbers.decode_plain("\n".join(cells)).tolist() == [float(cell) for cell in cells]


@pytest.mark.parametrize(
    "cell", ["1.2.3", ".-5", "1-5", "--5", "-", ".", "", "1,", "5.-", "1e5", " 5", "9" * 19]
)
def test_plain_decoding_leaves_what_is_not_plain_to_the_caller(scripts, cell):
    plain = scripts.plain_numbers.decode_plain(f"1.5\n{cell}\n2.5")
    assert plain is None


def test_decodes_the_same_on_other_processors(scripts, monkeypatch):
    monkeypatch.setattr(scripts.plain_numbers, "_LONGDOUBLE_IS_X87", False)
    values = np.random.default_rng(0).random((50, 2))
    text = "\n".join(",".join(map(repr, row)) for row in values.tolist())
    assert scripts.plain_numbers.decode_plain(text) is None
    assert (scripts.model_utils.decode_csv(text) == values).all()


@given(
    st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2), min_size=1)
)
def test_well_formed_rows_take_the_fast_way(scripts, rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    assert scripts.model_utils._decode_fast(stream.getvalue().strip("\n").split("\n"), 2).tolist() == rows


_NUMBERS = "give plain numbers, such as 17.99"
_SAME = "give one value for each column, in the same order in every row"
_FILL = "fill the value in, or leave out the row"
_WRONG = {
    "text": ("1,x", f"InvalidNumber: body row ROW, column 'b' must be a number, got 'x'; {_NUMBERS}"),
    "underscore": (
        "1_0,2",
        f"InvalidNumber: body row ROW, column 'a' must be a number, got '1_0'; {_NUMBERS}",
    ),
    "other digits": (
        "\u0661,2",
        f"InvalidNumber: body row ROW, column 'a' must be a number, got '\u0661'; {_NUMBERS}",
    ),
    "hexadecimal": (
        "0x10,2",
        f"InvalidNumber: body row ROW, column 'a' must be a number, got '0x10'; {_NUMBERS}",
    ),
    "missing": ("1,", f"MissingValue: body row ROW, column 'b' must be a number, got ''; {_FILL}"),
    "nan": (
        "nan,2",
        f"NonFiniteNumber: body row ROW, column 'a' must be a finite number, got nan; {_NUMBERS}",
    ),
    "infinity": (
        "1,-Infinity",
        f"NonFiniteNumber: body row ROW, column 'b' must be a finite number, got -inf; {_NUMBERS}",
    ),
    "too large": (
        "1e999,2",
        f"NonFiniteNumber: body row ROW, column 'a' must be a finite number, got inf; {_NUMBERS}",
    ),
    "short row": ("1", f"WrongColumnCount: body row ROW must have 2 values, got 1; {_SAME}"),
    "long row": ("1,2,3", f"WrongColumnCount: body row ROW must have 2 values, got 3; {_SAME}"),
    "blank row": ("\n1,2", f"WrongColumnCount: body row ROW must have 2 values, got 0; {_SAME}"),
    "semicolons": ("1;2", f"WrongColumnCount: body row ROW must have 2 values, got 1; {_SAME}"),
}


@pytest.mark.parametrize(("row", "error"), _WRONG.values(), ids=_WRONG)
def test_fails_naming_row_and_column_in_short_and_long_texts(scripts, repeat, row, error):
    good = "1.25,20000000000000\n" * repeat
    with pytest.raises(scripts.model_utils.InputError) as raised:
        scripts.model_utils.decode_csv(f"{good}{row}\n{good}", _NAMES)
    assert str(raised.value) == error.replace("ROW", str(repeat + 1))


def test_fails_when_rows_of_different_lengths_have_the_right_number_of_values_together(scripts, repeat):
    with pytest.raises(scripts.model_utils.InputError, match="row 1 must have 2 values, got 1"):
        scripts.model_utils.decode_csv("1\n2,3,4\n" * repeat, _NAMES)


def test_fails_when_the_header_has_another_order(scripts):
    with pytest.raises(scripts.model_utils.InputError) as raised:
        scripts.model_utils.decode_csv("b,a\n1,2", _NAMES)
    assert str(raised.value) == (
        "InvalidHeader: body row 1 must be numbers, or equal the feature names in the model's order, "
        "got 'b,a'; send no header, or this one: a,b"
    )


@pytest.mark.parametrize("text", ["", "\n\n", "  ", "a,b", "a,b\n"])
def test_fails_when_there_is_no_row(scripts, text):
    with pytest.raises(scripts.model_utils.InputError) as raised:
        scripts.model_utils.decode_csv(text, _NAMES)
    assert str(raised.value) == f"NoRows: body must hold at least one row, got {text!r}; give rows of numbers"


def test_fails_when_a_cell_is_longer_than_csv_allows(scripts):
    with pytest.raises(scripts.model_utils.InputError) as raised:
        scripts.model_utils.decode_csv("x" * 200_000, _NAMES)
    assert str(raised.value) == (
        f"InvalidCsv: body row 1 must be CSV text, got {'x' * 200!r} and 199800 more; "
        "correct it: field larger than field limit (131072)"
    )
