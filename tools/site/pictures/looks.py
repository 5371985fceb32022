"""The types of resources that are drawn, and their icons. Other types are not drawn."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How one type of resource, or one service without resources, is drawn."""

    kind: str
    service: str
    icon: str  # below the folder `icons` of aws-icons
    holds: bool = False  # it stores data; otherwise it works
    label: str = ""  # for a node without a construct


def _service(kind: str, service: str, icon: str, *, holds: bool = False, label: str = "") -> Look:
    return Look(kind, service, f"architecture-service/{icon}", holds, label)


def _resource(kind: str, service: str, icon: str, *, holds: bool = False, label: str = "") -> Look:
    return Look(kind, service, f"resource/{icon}", holds, label)


def _sagemaker(kind: str, label: str) -> Look:
    return _service(kind, "SageMaker", "AmazonSageMakerAI", label=label)


def _ai(name: str) -> Look:
    return _service("service", name, f"Amazon{name}", label=name)


RESOURCES = {
    "AWS::ApiGateway::RestApi": _service("api", "API Gateway", "AmazonAPIGateway"),
    "AWS::ApiGatewayV2::Api": _service("api", "API Gateway", "AmazonAPIGateway"),
    "AWS::Athena::WorkGroup": _service("work group", "Athena work group", "AmazonAthena"),
    "AWS::DynamoDB::Table": _service("table", "DynamoDB table", "AmazonDynamoDB", holds=True),
    "AWS::DynamoDB::GlobalTable": _service("table", "DynamoDB table", "AmazonDynamoDB", holds=True),
    "AWS::Events::Rule": _service("schedule", "EventBridge rule", "AmazonEventBridge"),
    "AWS::Glue::Crawler": _resource("crawler", "Glue crawler", "AWSGlueCrawler"),
    "AWS::Glue::Database": _resource("database", "Glue database", "AWSGlueDataCatalog", holds=True),
    "AWS::Glue::Job": _service("job", "Glue job", "AWSGlue"),
    "AWS::Glue::Table": _resource("data", "Glue table", "AWSGlueDataCatalog", holds=True),
    "AWS::Kinesis::Stream": _service(
        "stream", "Kinesis stream", "AmazonKinesisDataStreams", holds=True
    ),
    "AWS::KinesisFirehose::DeliveryStream": _service(
        "delivery", "Data Firehose", "AmazonDataFirehose"
    ),
    "AWS::Lambda::Function": _service("function", "Lambda", "AWSLambda"),
    "AWS::OpenSearchService::Domain": _service(
        "domain", "OpenSearch", "AmazonOpenSearchService", holds=True
    ),
    "AWS::Redshift::Cluster": _service("warehouse", "Redshift", "AmazonRedshift", holds=True),
    "AWS::S3::Bucket": _service("bucket", "S3 bucket", "AmazonSimpleStorageService", holds=True),
    "AWS::SNS::Topic": _service(
        "topic", "SNS topic", "AmazonSimpleNotificationService", holds=True
    ),
    "AWS::SQS::Queue": _service("queue", "SQS queue", "AmazonSimpleQueueService", holds=True),
    "AWS::SageMaker::Endpoint": _resource("endpoint", "SageMaker", "AmazonSageMakerAIModel"),
    "AWS::SageMaker::ModelPackageGroup": _resource(
        "registry", "model registry", "AmazonSageMakerAIModel", holds=True
    ),
    "AWS::SageMaker::NotebookInstance": _resource(
        "notebook", "SageMaker notebook", "AmazonSageMakerAINotebook"
    ),
    "AWS::Scheduler::Schedule": _service("schedule", "EventBridge", "AmazonEventBridge"),
    "AWS::StepFunctions::StateMachine": _service("workflow", "Step Functions", "AWSStepFunctions"),
}

# Services that roles may call and that no resource of the template represents.
SERVICES = {
    "bedrock": _ai("Bedrock"),
    "comprehend": _ai("Comprehend"),
    "personalize": _ai("Personalize"),
    "polly": _ai("Polly"),
    "rekognition": _ai("Rekognition"),
    "textract": _ai("Textract"),
    "transcribe": _ai("Transcribe"),
    "translate": _ai("Translate"),
}

# The same for what is created while the architecture runs, by the kind in the ARN.
WORKERS = {
    "sagemaker:endpoint": _sagemaker("endpoint", "Endpoint"),
    "sagemaker:training-job": _sagemaker("jobs", "Training jobs"),
    # A tuning job runs training jobs: one node for both.
    "sagemaker:hyper-parameter-tuning-job": _sagemaker("jobs", "Training jobs"),
    "sagemaker:processing-job": _sagemaker("jobs", "Processing jobs"),
    "sagemaker:transform-job": _sagemaker("jobs", "Transform jobs"),
}

# ARN kinds of resources that roles name by a pattern instead of a reference.
ARN_KINDS = {
    "AWS::SageMaker::ModelPackageGroup": ("model-package-group", "model-package"),
    "AWS::SageMaker::Endpoint": ("endpoint",),
    "AWS::Athena::WorkGroup": ("workgroup",),
}

# What sends data from outside, by the kind of the node that receives it.
OUTSIDE = {
    "stream": _resource("outside", "write records", "GenericApplication", label="Producers"),
    "bucket": _resource("outside", "upload files", "Users", label="Uploads"),
    "data": _resource("outside", "upload files", "Users", label="Batches"),
    "api": _resource("outside", "HTTPS requests", "Client", label="Clients"),
}

# Services that tasks of workflows call, by the name in the resource ARN.
TASKS = SERVICES | {
    "applicationautoscaling": _service("task", "Auto Scaling", "AWSApplicationAutoScaling"),
    "athena": _service("task", "Athena", "AmazonAthena"),
    "cloudwatch": _service("task", "CloudWatch", "AmazonCloudWatch"),
    "dynamodb": _service("task", "DynamoDB", "AmazonDynamoDB"),
    "events": _service("task", "EventBridge", "AmazonEventBridge"),
    "glue": _service("task", "Glue", "AWSGlue"),
    "lambda": _service("task", "Lambda", "AWSLambda"),
    "s3": _service("task", "S3", "AmazonSimpleStorageService"),
    "sagemaker": _service("task", "SageMaker", "AmazonSageMakerAI"),
    "sfn": _service("task", "Step Functions", "AWSStepFunctions"),
    "sns": _service("task", "SNS", "AmazonSimpleNotificationService"),
    "sqs": _service("task", "SQS", "AmazonSimpleQueueService"),
    "states": _service("task", "Step Functions", "AWSStepFunctions"),
}
