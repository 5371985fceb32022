"""The Lambda function that Firehose calls to turn raw flight events into rows for the lake.

Only `handler` knows AWS; every module beside it is plain Python.
"""
