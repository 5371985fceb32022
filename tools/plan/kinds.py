"""Which types and properties a reviewer looks at first, and which types hold data."""

# Replacing or removing one deletes its data, unless a policy retains it.
STATEFUL = frozenset(
    {
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::SQS::Queue",
        "AWS::SageMaker::ModelPackageGroup",
        "AWS::SageMaker::NotebookInstance",
        "AWS::SageMaker::Domain",
        "AWS::Glue::Database",
        "AWS::Glue::Table",
        "AWS::Athena::WorkGroup",
    }
)
# Every change of these types concerns keys, the network or access.
SECURITY_TYPES = frozenset(
    {
        "AWS::KMS::Key",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::EC2::NatGateway",
        "AWS::EC2::Route",
        "AWS::EC2::FlowLog",
        "AWS::WAFv2::WebACL",
        "AWS::WAFv2::WebACLAssociation",
        "AWS::Glue::SecurityConfiguration",
        "AWS::Lambda::Url",
    }
)
# And of these properties, in any type.
SECURITY_PROPERTIES = frozenset(
    {
        "AuthorizationType",
        "BucketEncryption",
        "DirectInternetAccess",
        "EnableKeyRotation",
        "EncryptionConfiguration",
        "KmsKeyArn",
        "KmsKeyId",
        "KmsMasterKeyId",
        "KMSMasterKeyId",
        "LoggingConfiguration",
        "MapPublicIpOnLaunch",
        "ObjectLockConfiguration",
        "OwnershipControls",
        "PermissionsBoundary",
        "PublicAccessBlockConfiguration",
        "RootAccess",
        "SSESpecification",
        "SecurityGroupIds",
        "StreamEncryption",
        "SubnetIds",
        "VpcConfig",
    }
)
# Their statements are listed one by one, so not as a property, too.
LISTED_BY_STATEMENT = frozenset(
    {
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::VPCEndpoint",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
)
POLICIES = frozenset(
    {
        "AssumeRolePolicyDocument",
        "KeyPolicy",
        "ManagedPolicyArns",
        "Policies",
        "Policy",
        "ResourcePolicy",
        "PolicyDocument",
        "SecurityGroupEgress",
        "SecurityGroupIngress",
    }
)
LOST = "is lost"
# What decides whether data outlives its resource.
RETAINED_BY = ("DeletionPolicy", "UpdateReplacePolicy")
