"""The types of resources that cost nothing while idle, and why. Others have a rule."""

_NOTHING_STORED = "billed by what it stores: nothing yet"
_NOT_CALLED = "billed by the request"
_NOT_RUN = "billed by the run; scheduled runs are priced at their schedule"
_RULES = "a rule or description, which AWS does not charge for"

FREE: dict[str, str] = {
    "AWS::S3::Bucket": _NOTHING_STORED,
    "AWS::DynamoDB::Table": f"on demand; {_NOTHING_STORED}",
    "AWS::Logs::LogGroup": _NOTHING_STORED,
    "AWS::Logs::LogStream": _NOTHING_STORED,
    "AWS::SageMaker::Domain": "billed by running spaces and their volumes",
    "AWS::ApiGateway::RestApi": _NOT_CALLED,
    "AWS::ApiGateway::Stage": f"{_NOT_CALLED}; it has no cache",
    "AWS::Lambda::Function": _NOT_CALLED,
    "AWS::Lambda::Alias": _RULES,
    "AWS::Lambda::Version": _NOT_CALLED,
    "AWS::KinesisFirehose::DeliveryStream": "billed by the GB",
    "AWS::SNS::Topic": _NOT_CALLED,
    "AWS::SQS::Queue": f"{_NOT_CALLED}; polling is priced at the event source mapping",
    "AWS::StepFunctions::StateMachine": _NOT_RUN,
    "AWS::Glue::Job": _NOT_RUN,
    "AWS::Athena::WorkGroup": "billed by the TB scanned",
    "AWS::Athena::NamedQuery": _RULES,
    "AWS::Budgets::Budget": "a budget without actions is free",
    "AWS::Glue::Database": "the catalogue's first million objects are free",
    "AWS::Glue::Table": "the catalogue's first million objects are free",
    "AWS::Glue::DataQualityRuleset": _RULES,
    "AWS::Glue::TableOptimizer": "billed by the run, which Glue starts after enough commits",
    "AWS::Glue::SecurityConfiguration": _RULES,
    "AWS::LakeFormation::DataCellsFilter": _RULES,
    "AWS::LakeFormation::PrincipalPermissions": _RULES,
    "AWS::LakeFormation::Resource": _RULES,
    "AWS::SageMaker::ModelPackageGroup": "the registry is free; models are billed as S3 objects",
    "AWS::SageMaker::Model": _RULES,
    "AWS::SageMaker::Endpoint": "its instances are priced at its configuration",
    "AWS::SageMaker::NotebookInstanceLifecycleConfig": _RULES,
    "AWS::ApplicationAutoScaling::ScalableTarget": _RULES,
    "AWS::ApplicationAutoScaling::ScalingPolicy": _RULES,
    "AWS::Translate::Terminology": _RULES,
    "AWS::Transcribe::Vocabulary": _RULES,
    "AWS::Transcribe::VocabularyFilter": _RULES,
    "AWS::Polly::Lexicon": _RULES,
    "AWS::EC2::VPC": _RULES,
    "AWS::EC2::Subnet": _RULES,
    "AWS::EC2::RouteTable": _RULES,
    "AWS::EC2::SubnetRouteTableAssociation": _RULES,
    "AWS::EC2::SecurityGroup": _RULES,
    "AWS::EC2::SecurityGroupEgress": _RULES,
    "AWS::EC2::SecurityGroupIngress": _RULES,
    "AWS::WAFv2::WebACLAssociation": _RULES,
    "AWS::WAFv2::LoggingConfiguration": "billed by the logs of requests",
    "AWS::IAM::Role": _RULES,
    "AWS::IAM::Policy": _RULES,
    "AWS::IAM::ManagedPolicy": _RULES,
    "AWS::S3::BucketPolicy": _RULES,
    "AWS::SNS::TopicPolicy": _RULES,
    "AWS::SNS::Subscription": _NOT_CALLED,
    "AWS::SQS::QueuePolicy": _RULES,
    "AWS::Lambda::Permission": _RULES,
    "AWS::ApiGateway::Account": _RULES,
    "AWS::ApiGateway::Deployment": _RULES,
    "AWS::ApiGateway::GatewayResponse": _RULES,
    "AWS::ApiGateway::Method": _RULES,
    "AWS::ApiGateway::Model": _RULES,
    "AWS::ApiGateway::RequestValidator": _RULES,
    "AWS::ApiGateway::Resource": _RULES,
}


def is_free(kind: str) -> bool:
    """Whether a type costs nothing while idle: custom resources run while a stack is deployed."""
    return kind in FREE or kind.startswith("Custom::")
