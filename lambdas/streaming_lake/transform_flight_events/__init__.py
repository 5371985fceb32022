"""The Lambda function that Firehose calls to turn raw flight events into rows for the lake.

Only `handler` and `new_object` know AWS; every other module beside them is plain Python. `replay`
is a second function of the same bundle, for the raw log.
"""
