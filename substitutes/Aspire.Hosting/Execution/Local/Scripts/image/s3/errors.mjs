// The errors of the S3 protocol that this server can answer with.
const statuses = {
    AccessDenied: 403,
    AuthorizationHeaderMalformed: 400,
    BadDigest: 400,
    BucketAlreadyOwnedByYou: 409,
    BucketNotEmpty: 409,
    EntityTooSmall: 400,
    EntityTooLarge: 400,
    IncompleteBody: 400,
    InternalError: 500,
    InvalidAccessKeyId: 403,
    InvalidArgument: 400,
    InvalidBucketName: 400,
    InvalidPart: 400,
    InvalidPartOrder: 400,
    InvalidRange: 416,
    KeyTooLongError: 400,
    MalformedXML: 400,
    MethodNotAllowed: 405,
    MissingContentLength: 411,
    NoSuchBucket: 404,
    NoSuchBucketPolicy: 404,
    NoSuchCORSConfiguration: 404,
    NoSuchKey: 404,
    NoSuchLifecycleConfiguration: 404,
    NoSuchTagSet: 404,
    NoSuchUpload: 404,
    NotImplemented: 501,
    NotModified: 304,
    ObjectLockConfigurationNotFoundError: 404,
    PreconditionFailed: 412,
    RequestTimeTooSkewed: 403,
    ServerSideEncryptionConfigurationNotFoundError: 404,
    SignatureDoesNotMatch: 403,
    XAmzContentSHA256Mismatch: 400,
};

export class S3Error extends Error {
    constructor(code, message) {
        super(message);
        this.code = code;
        this.status = statuses[code] ?? 500;
    }
}
