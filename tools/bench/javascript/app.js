// The same app as ../equal_app.py, construct by construct.
const cdk = require('aws-cdk-lib');
const iam = require('aws-cdk-lib/aws-iam');
const kms = require('aws-cdk-lib/aws-kms');
const lambda = require('aws-cdk-lib/aws-lambda');
const logs = require('aws-cdk-lib/aws-logs');
const s3 = require('aws-cdk-lib/aws-s3');
const sns = require('aws-cdk-lib/aws-sns');
const sqs = require('aws-cdk-lib/aws-sqs');

const app = new cdk.App({ outdir: process.argv[2], builtInCloudFormationValidation: false });
const stack = new cdk.Stack(app, 'Equal');
const key = new kms.Key(stack, 'Key', { enableKeyRotation: true });
for (let n = 0; n < 10; n++) {
  const bucket = new s3.Bucket(stack, `Bucket${n}`, {
    encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, versioned: true,
    lifecycleRules: [{ expiration: cdk.Duration.days(30) }],
  });
  const role = new iam.Role(stack, `Role${n}`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects('a/*')] }));
  role.addToPolicy(new iam.PolicyStatement({ actions: ['kms:GenerateDataKey'], resources: [key.keyArn] }));
  const logGroup = new logs.LogGroup(stack, `Logs${n}`, { retention: logs.RetentionDays.ONE_WEEK });
  new lambda.Function(stack, `Function${n}`, {
    runtime: lambda.Runtime.PYTHON_3_13, handler: 'index.handler', role, logGroup,
    code: lambda.Code.fromInline('def handler(event, context): pass'),
  });
  new sqs.Queue(stack, `Queue${n}`, { encryptionMasterKey: key, enforceSSL: true });
  new sns.Topic(stack, `Topic${n}`, { masterKey: key, enforceSSL: true });
}
app.synth();
