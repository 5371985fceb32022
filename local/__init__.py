"""The embedded AWS: start it, deploy an architecture, drive real data through, verify, report.

It sees the architectures as a user does: through the CDK CLI, stack outputs and AWS APIs.
"""
