"""Reading and encoding the training set, and the messages for unusable data."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import FEATURES, LABEL, DataError, categories, encode, read_split

GOOD = (
    "1,UA,EWR,IAH,1,2,10,1400,39.02,12.6,,0.0,10.0,3.5,-2,"
    "UA1545,2013-01-01T10:15:00,2013-01-01T09:00:00"
)
META = ["event_id", "scheduled_departure", "known_at"]


def folder_with(folder: Path, text: str, name: str = "part-0") -> Path:
    (folder / name).write_text(text)
    return folder


def test_columns_are_read_in_order_and_an_empty_field_is_missing(tmp_path: Path) -> None:
    (flight,) = read_split(folder_with(tmp_path, GOOD + "\n")).to_dict("records")
    assert list(flight) == [LABEL, *FEATURES, *META]
    assert np.isnan(flight.pop("wind_gust_miles_per_hour"))
    *values, event_id, departure, known_at = flight.values()
    assert values == [1, "UA", "EWR", "IAH", 1, 2, 10, 1400, 39.02, 12.6, 0, 10, 3.5, -2]
    assert (event_id, departure.hour, known_at.hour) == ("UA1545", 10, 9)


def test_na_is_a_code_and_not_a_missing_value(tmp_path: Path) -> None:
    frame = read_split(folder_with(tmp_path, GOOD.replace("UA", "NA")))
    assert list(frame.carrier) == ["NA"]


def test_flights_are_in_the_order_of_their_departure_whatever_the_files(tmp_path: Path) -> None:
    later = GOOD.replace("T10:15", "T11:15").replace("UA1545", "UA1")
    folder_with(tmp_path, f"{later}\n{GOOD}\n")
    folder_with(tmp_path, f"{GOOD.replace('UA1545', 'UA0')}\n", "part-1")
    assert list(read_split(tmp_path).event_id) == ["UA0", "UA1545", "UA1"]


def test_hidden_and_empty_files_are_ignored(tmp_path: Path) -> None:
    for name in ("_SUCCESS", ".part-0.crc"):
        folder_with(tmp_path, "no flight", name)
    folder_with(tmp_path, "", "part-1")
    with pytest.raises(DataError, match="holds no data"):
        read_split(tmp_path)
    assert len(read_split(folder_with(tmp_path, GOOD))) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (GOOD + ",7", ["Expected 18 columns, got 19", "carrier (text)", "known_at (time)"]),
        (GOOD.rpartition(",")[0], ["Expected 18 columns, got 17"]),
        (GOOD.replace("1400", "far"), ["'far'", "#7", "distance_miles (number)"]),
        (GOOD.replace("1,UA", "2,UA"), ["the label of row 0 is 2.0, not 0 or 1"]),
        (GOOD.replace("1,UA", "0.5,UA"), ["the label of row 0 is 0.5, not 0 or 1"]),
        (GOOD.replace("1,UA", ",UA"), ["the label of row 0 is nan, not 0 or 1"]),
        (GOOD.replace("1,UA", "yes,UA"), ["'yes'", "delayed (number)"]),
        (GOOD.replace("UA1545", ""), ["row 0 has no event_id"]),
        (GOOD.replace("T10:15:00", "T25:15:00"), ["T25:15:00", "scheduled_departure (time)"]),
    ],
)
def test_an_unreadable_line_is_reported(line: str, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_split(folder_with(tmp_path, line))
    for word in (str(tmp_path), *words):
        assert word in str(error.value)


def test_a_compressed_file_is_refused_beside_a_plain_one(tmp_path: Path) -> None:
    folder_with(tmp_path, GOOD)
    (tmp_path / "part-1.gz").write_bytes(gzip.compress(GOOD.encode()))
    with pytest.raises(DataError, match=r"part-1\.gz is compressed, .* unpack it"):
        read_split(tmp_path)


def test_an_invalid_label_is_reported_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the label of row 2 is 7\.0"):
        read_split(folder_with(tmp_path, f"{GOOD}\n{GOOD}\n{GOOD.replace('1,UA', '7,UA')}\n"))


def test_a_parquet_file_without_a_column_is_reported(tmp_path: Path) -> None:
    frame = pd.DataFrame([dict.fromkeys([LABEL, *FEATURES, *META], 1)])
    frame.drop(columns=["hour", "origin"]).to_parquet(tmp_path / "flights.parquet")
    with pytest.raises(DataError, match=r"flights\.parquet lacks origin, hour"):
        read_split(tmp_path)


def test_a_parquet_file_without_rows_is_reported(tmp_path: Path) -> None:
    pd.DataFrame(columns=[LABEL, *FEATURES, *META]).to_parquet(tmp_path / "flights.parquet")
    with pytest.raises(DataError, match="holds no flight"):
        read_split(tmp_path)


def test_a_code_is_encoded_as_its_index_and_an_unknown_one_as_missing(tmp_path: Path) -> None:
    frame = read_split(folder_with(tmp_path, f"{GOOD}\n{GOOD.replace('UA,', 'AA,')}\n"))
    assert categories(frame) == {"carrier": ["AA", "UA"], "origin": ["EWR"], "destination": ["IAH"]}
    numbers = encode(frame, {**categories(frame), "origin": ["JFK"]})
    assert numbers[:, 0].tolist() == [1, 0]
    assert np.isnan(numbers[:, 1]).all()
    assert numbers[:, 2].tolist() == [0, 0]
    assert numbers[0, 3:8].tolist() == pytest.approx([1, 2, 10, 1400, 39.02])
