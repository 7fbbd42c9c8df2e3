import type { z } from 'zod'
import type { CredentialSlot, Vendor } from '../schema.ts'

const accessKey: z.input<typeof CredentialSlot> = {
  kind: 'aws-sigv4',
  label: 'Access key',
  hint: 'Of an IAM user whose policy allows what agents may do and no more; or a temporary one with its session token.',
  url: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html',
}

/** The hosts of an AWS service, one a region: https://docs.aws.amazon.com/general/latest/gr/rande.html */
const regional = (service: string) => ({
  pattern: `https://${service}.*.amazonaws.com`,
  example: `https://${service}.eu-central-1.amazonaws.com`,
})
const s3 = regional('s3')
const lambda = regional('lambda')
const ses = regional('email')
const bedrock = regional('bedrock-runtime')
const dynamodb = regional('dynamodb')

const common = {
  provider: 'aws',
  category: 'infrastructure',
  icon: 'amazonwebservices',
  singleton: false,
  origins: [],
  credentials: [accessKey],
} satisfies Partial<Vendor['services'][number]>

/** Objects are below a bucket. `/bucket/` itself is left out: a PUT to it would be about the bucket. */
const objects = ['/*/*', '/*/*/**']
const functions = '/2015-03-31/functions'

/** Amazon Web Services: requests are signed (Signature Version 4) for one service in one region. */
export const aws: Vendor = {
  provider: {
    id: 'aws',
    name: 'Amazon Web Services',
    documentation: 'https://docs.aws.amazon.com/general/latest/gr/aws-apis.html',
  },
  services: [
    {
      ...common,
      id: 'aws-s3',
      name: 'Amazon S3',
      category: 'files-and-documents',
      originPattern: s3,
      responseHeaders: ['accept-ranges', 'content-range', 'x-amz-version-id'],
      documentation: 'https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html',
      actions: [
        {
          id: 's3-read',
          label: 'Read objects',
          description:
            'List buckets, and list and read what they hold; buckets are named in the path.',
          allow: [
            {
              origin: s3.pattern,
              methods: ['GET', 'HEAD'],
              paths: ['/', '/*', '/*/', ...objects],
            },
          ],
          approval: 'never',
        },
        {
          id: 's3-write',
          label: 'Write objects',
          description: 'Upload and replace objects; an owner is asked each time.',
          allow: [{ origin: s3.pattern, methods: ['PUT', 'POST'], paths: objects }],
          approval: 'writes',
        },
        {
          id: 's3-delete',
          label: 'Delete objects',
          description: 'Delete objects; an owner is asked each time.',
          allow: [{ origin: s3.pattern, methods: ['DELETE'], paths: objects }],
          approval: 'always',
        },
      ],
    },
    {
      ...common,
      id: 'aws-lambda',
      name: 'AWS Lambda',
      originPattern: lambda,
      requestHeaders: ['x-amz-invocation-type', 'x-amz-log-type'],
      responseHeaders: ['x-amz-function-error', 'x-amz-log-result'],
      probe: { path: `${functions}/?MaxItems=1` },
      documentation: 'https://docs.aws.amazon.com/lambda/latest/api/welcome.html',
      actions: [
        {
          id: 'lambda-read',
          label: 'See functions',
          description: 'List functions and how they are set up, their environment included.',
          allow: [
            {
              origin: lambda.pattern,
              methods: ['GET'],
              paths: [`${functions}/`, `${functions}/*`, `${functions}/*/configuration`],
            },
          ],
          approval: 'never',
        },
        {
          id: 'lambda-invoke',
          label: 'Run functions',
          description: 'Run functions; an owner is asked each time.',
          allow: [
            {
              origin: lambda.pattern,
              methods: ['POST'],
              paths: [`${functions}/*/invocations`],
            },
          ],
          approval: 'always',
        },
      ],
    },
    {
      ...common,
      id: 'aws-ses',
      name: 'Amazon SES',
      category: 'mail-and-calendar',
      originPattern: ses,
      probe: { path: '/v2/email/account' },
      documentation: 'https://docs.aws.amazon.com/ses/latest/APIReference-V2/Welcome.html',
      actions: [
        {
          id: 'ses-read',
          label: 'See the account',
          description: 'See sending limits and who may be written as.',
          allow: [
            {
              origin: ses.pattern,
              methods: ['GET'],
              paths: ['/v2/email/account', '/v2/email/identities', '/v2/email/identities/*'],
            },
          ],
          approval: 'never',
        },
        {
          id: 'ses-send',
          label: 'Send mail',
          description: 'Send mail; an owner is asked each time.',
          allow: [{ origin: ses.pattern, methods: ['POST'], paths: ['/v2/email/outbound-emails'] }],
          approval: 'always',
        },
      ],
    },
    {
      ...common,
      id: 'aws-bedrock',
      name: 'Amazon Bedrock',
      category: 'ai',
      originPattern: bedrock,
      credentials: [
        accessKey,
        {
          kind: 'bearer',
          label: 'Bedrock API key',
          hint: 'Bedrock console, API keys.',
          url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
        },
      ],
      documentation:
        'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html',
      actions: [
        {
          id: 'bedrock-generate',
          label: 'Ask models',
          description: 'Ask models.',
          allow: [
            {
              origin: bedrock.pattern,
              methods: ['POST'],
              paths: [
                '/model/*/converse',
                '/model/*/converse-stream',
                '/model/*/invoke',
                '/model/*/invoke-with-response-stream',
              ],
            },
          ],
          approval: 'never',
        },
      ],
    },
    {
      ...common,
      id: 'aws-dynamodb',
      name: 'Amazon DynamoDB',
      originPattern: dynamodb,
      requestHeaders: ['x-amz-target'],
      documentation:
        'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html',
      actions: [
        {
          // A header says which operation it is: no path can tell reading from writing.
          id: 'dynamodb-call',
          label: 'Read and change tables',
          description:
            'Do with tables what the access key may, by one path for all; an owner is asked each time.',
          allow: [{ origin: dynamodb.pattern, methods: ['POST'], paths: ['/'] }],
          approval: 'always',
        },
      ],
    },
    {
      ...common,
      id: 'aws',
      name: 'Another AWS service',
      originPattern: {
        pattern: 'https://*.*.amazonaws.com',
        example: 'https://sqs.eu-central-1.amazonaws.com',
      },
      requestHeaders: ['x-amz-target'],
      documentation: 'https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html',
      actions: [],
    },
  ],
}
