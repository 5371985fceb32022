"""The same app as javascript/app.js, construct by construct."""

import sys

from aws_cdk import App, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

app = App(outdir=sys.argv[1], builtin_cloud_formation_validation=False)
stack = Stack(app, "Equal")
key = kms.Key(stack, "Key", enable_key_rotation=True)
for n in range(10):
    bucket = s3.Bucket(
        stack,
        f"Bucket{n}",
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        versioned=True,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(30))],
    )
    role = iam.Role(stack, f"Role{n}", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    objects = [bucket.arn_for_objects("a/*")]
    role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=objects))
    role.add_to_policy(
        iam.PolicyStatement(actions=["kms:GenerateDataKey"], resources=[key.key_arn])
    )
    log_group = logs.LogGroup(stack, f"Logs{n}", retention=logs.RetentionDays.ONE_WEEK)
    lambda_.Function(
        stack,
        f"Function{n}",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        role=role,
        log_group=log_group,
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
    )
    sqs.Queue(stack, f"Queue{n}", encryption_master_key=key, enforce_ssl=True)
    sns.Topic(stack, f"Topic{n}", master_key=key, enforce_ssl=True)
app.synth()
