using System.Net;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>What stands in for minio/minio, asked by the client library of S3.</summary>
public sealed class LocalObjectStoreTests(LocalServerFixture servers) : IClassFixture<LocalServerFixture>, IAsyncLifetime
{
    private const string Bucket = "audits";

    private readonly ContainerSpec _spec = Servers.Minio(servers.NewVolume("/data"));
    private Workload _workload = null!;
    private AmazonS3Client _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        _client = Client(Servers.Password);
        await _client.PutBucketAsync(Bucket, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _workload.DisposeAsync();
    }

    [Fact]
    public async Task Object_ServerKilledAndRestarted_ComesBackWithItsHeaders()
    {
        await PutAsync("2026/brand ü+%.json", "{}", request =>
        {
            request.ContentType = "application/json";
            request.Metadata["brand"] = "acme";
        });

        PosixSignal.SendToGroup(_workload.ProcessId!.Value, PosixSignal.Kill);
        await _workload.Completion;
        await StartAsync();
        using GetObjectResponse found = await _client.GetObjectAsync(Bucket, "2026/brand ü+%.json", Cancellation);

        Assert.Equal("{}", await new StreamReader(found.ResponseStream).ReadToEndAsync(Cancellation));
        Assert.Equal("application/json", found.Headers.ContentType);
        Assert.Equal("acme", found.Metadata["brand"]);
    }

    [Fact]
    public async Task Keys_ThatAreAlsoPrefixes_ListInOrderAndByPage()
    {
        string[] keys = ["a", "a-b", "a/", "a//d", "a/b/c", "z"];
        foreach (string key in keys)
        {
            await PutAsync(key, key);
        }

        List<string> listed = [];
        await foreach (S3Object found in _client.Paginators.ListObjectsV2(new() { BucketName = Bucket, MaxKeys = 2 }).S3Objects)
        {
            listed.Add(found.Key);
        }

        ListObjectsV2Response folder = await _client.ListObjectsV2Async(new() { BucketName = Bucket, Prefix = "a/", Delimiter = "/" }, Cancellation);

        Assert.Equal(keys, listed);
        Assert.Equal(["a//", "a/b/"], folder.CommonPrefixes);
        Assert.Equal("a/", Assert.Single(folder.S3Objects).Key);
    }

    [Fact]
    public async Task Object_LargeUpload_ComesBackWholeAndByRange()
    {
        byte[] content = RandomNumberGenerator.GetBytes(20 * 1024 * 1024);
        using TransferUtility transfer = new(_client);
        await transfer.UploadAsync(new MemoryStream(content), Bucket, "large", Cancellation);

        using GetObjectResponse whole = await _client.GetObjectAsync(Bucket, "large", Cancellation);
        using MemoryStream received = new();
        await whole.ResponseStream.CopyToAsync(received, Cancellation);
        using GetObjectResponse part = await _client.GetObjectAsync(
            new GetObjectRequest { BucketName = Bucket, Key = "large", ByteRange = new ByteRange(10_000_000, 10_000_009) }, Cancellation);
        byte[] range = new byte[10];
        await part.ResponseStream.ReadExactlyAsync(range, Cancellation);

        Assert.Equal(content, received.ToArray());
        Assert.Equal(content[10_000_000..10_000_010], range);
    }

    [Fact]
    public async Task Put_ObjectThatMustNotExist_FailsTheSecondTime()
    {
        await PutAsync("once", "1", request => request.IfNoneMatch = "*");

        AmazonS3Exception second = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync("once", "2", request => request.IfNoneMatch = "*"));

        Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);
    }

    [Fact]
    public async Task Put_ManyAtOnceThatMustNotExist_OneWins()
    {
        Exception?[] outcomes = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(number => Record.ExceptionAsync(() => PutAsync("race", $"{number}", request => request.IfNoneMatch = "*")).AsTask()));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(
            outcomes.OfType<Exception>(),
            outcome => Assert.Equal(HttpStatusCode.PreconditionFailed, Assert.IsType<AmazonS3Exception>(outcome).StatusCode));
    }

    [Fact]
    public async Task PresignedUrl_WithinItsTime_NeedsNoCredentials()
    {
        await PutAsync("shared", "for everybody");
        string url = await _client.GetPreSignedURLAsync(
            new GetPreSignedUrlRequest { BucketName = Bucket, Key = "shared", Expires = DateTime.UtcNow.AddMinutes(5), Protocol = Protocol.HTTP });

        using HttpClient http = new();

        Assert.Equal("for everybody", await http.GetStringAsync(url, Cancellation));
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(url.Replace("shared", "other", StringComparison.Ordinal), Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Client_WrongSecret_IsRefused()
    {
        using AmazonS3Client stranger = Client("another-password");

        AmazonS3Exception refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => stranger.ListBucketsAsync(Cancellation));

        Assert.Equal("SignatureDoesNotMatch", refused.ErrorCode);
    }

    [Fact]
    public async Task Bucket_WithObjects_IsNotDeleted()
    {
        await PutAsync("kept", "1");

        AmazonS3Exception refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => _client.DeleteBucketAsync(Bucket, Cancellation));

        Assert.Equal("BucketNotEmpty", refused.ErrorCode);
    }

    private async Task StartAsync()
    {
        _workload = await servers.StartAsync(_spec);
        await Servers.HttpReadyAsync(_spec, "/minio/health/live", servers);
    }

    private AmazonS3Client Client(string secret) => new(
        new BasicAWSCredentials("minio", secret),
        new AmazonS3Config { ServiceURL = $"http://127.0.0.1:{_spec.Port()}", ForcePathStyle = true, AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });

    private Task<PutObjectResponse> PutAsync(string key, string content, Action<PutObjectRequest>? configure = null)
    {
        PutObjectRequest request = new() { BucketName = Bucket, Key = key, ContentBody = content };
        configure?.Invoke(request);
        return _client.PutObjectAsync(request, Cancellation);
    }
}
