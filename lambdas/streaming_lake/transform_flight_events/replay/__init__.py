"""The Lambda function that sends one object of the raw log through the transform again.

It shares the transform's bundle, so that a line of the log is read by exactly the code that read it
when it arrived. Only `handler` knows AWS.
"""
