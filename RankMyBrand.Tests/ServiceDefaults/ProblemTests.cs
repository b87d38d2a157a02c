using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RankMyBrand.ServiceDefaults.Problems;
using RankMyBrand.Tests.Foundation.RateLimiting;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class ProblemTests
{
    private const string Secret = "Password=hunter2 at Some.Place() in file.cs:line 7";

    public static TheoryData<int, string> Statuses => new()
    {
        { 400, "VALIDATION" }, { 401, "UNAUTHORIZED" }, { 403, "FORBIDDEN" }, { 404, "NOT_FOUND" }, { 405, "VALIDATION" },
        { 406, "VALIDATION" }, { 408, "VALIDATION" }, { 409, "CONFLICT" }, { 410, "NOT_FOUND" }, { 412, "CONFLICT" },
        { 413, "VALIDATION" }, { 415, "VALIDATION" }, { 422, "VALIDATION" }, { 423, "CONFLICT" }, { 429, "RATE_LIMITED" },
        { 500, "INTERNAL" }, { 501, "INTERNAL" }, { 502, "UNAVAILABLE" }, { 503, "UNAVAILABLE" }, { 504, "UNAVAILABLE" },
    };

    public static TheoryData<string, int, string> Exceptions => new()
    {
        { nameof(InvalidOperationException), 500, "INTERNAL" },
        { nameof(TimeoutException), 503, "UNAVAILABLE" },
        { nameof(SocketException), 503, "UNAVAILABLE" },
        { nameof(HttpRequestException), 503, "UNAVAILABLE" },
        { "refused", 500, "INTERNAL" },
        { "too many", 503, "UNAVAILABLE" },
        { "too slow", 503, "UNAVAILABLE" },
        { "broken off", 503, "UNAVAILABLE" },
        { "transient", 503, "UNAVAILABLE" },
        { "permanent", 500, "INTERNAL" },
        { "25006", 503, "UNAVAILABLE" },
        { "57014", 503, "UNAVAILABLE" },
        { "23505", 500, "INTERNAL" },
        { "too large", 413, "VALIDATION" },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task EmptyStatus_AnyError_BecomesAProblem(int status, string code)
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => TypedResults.StatusCode(status)));

        var (response, json) = await service.GetJsonAsync("/");

        AssertProblem(response, json, status, code);
    }

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task Exception_InProduction_BecomesAProblemWithoutItsText(string kind, int status, string code) =>
        await AssertExceptionAsync(kind, status, code, "Production");

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task Exception_InDevelopment_BecomesTheSameProblem(string kind, int status, string code) =>
        await AssertExceptionAsync(kind, status, code, "Development");

    [Fact]
    public async Task Exception_OfARequestWhoseCallerHasGone_IsNoErrorOfItsHandler()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new LogRecorder();
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/", async (HttpContext context) =>
            {
                entered.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return Throw(nameof(TimeoutException));
            }),
            builder => builder.Logging.AddProvider(log));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var asking = service.Client.GetAsync(new Uri("/", UriKind.Relative), leaving.Token);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await service.App.StopAsync(TestContext.Current.CancellationToken);

        Assert.Empty(log.At(LogLevel.Error));
        Assert.Contains(log.At(LogLevel.Warning), line => line.Contains("met a dependency that does not answer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Exception_DependencyDown_SaysWhenToRetry()
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => Throw(nameof(TimeoutException))));

        var (response, _) = await service.GetJsonAsync("/");

        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task Exception_ThatTheServiceExpects_IsAnsweredAsItSays(string environment)
    {
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/{kind}", (string kind) => kind == "expected" ? throw new KeyNotFoundException("Seven is taken.") : Throw(kind)),
            builder => builder.AddProblem<KeyNotFoundException>(exception => Problem.Create(ProblemCode.Conflict, exception.Message)),
            environment);

        var (expected, json) = await service.GetJsonAsync("/expected");
        var (other, otherJson) = await service.GetJsonAsync($"/{nameof(InvalidOperationException)}");

        AssertProblem(expected, json, 409, "CONFLICT");
        Assert.Equal("Seven is taken.", json.GetProperty("detail").GetString());
        AssertProblem(other, otherJson, 500, "INTERNAL");
    }

    [Theory]
    [InlineData("/missing", "GET", 404, "NOT_FOUND")]
    [InlineData("/numbers/12", "POST", 405, "VALIDATION")]
    [InlineData("/sum", "GET", 400, "VALIDATION")]
    [InlineData("/sum?left=a&right=2", "GET", 400, "VALIDATION")]
    public async Task Routing_NoMatchOrBadParameter_BecomesAProblem(string path, string method, int status, string code)
    {
        await using var service = await ServiceUnderTest.StartAsync(MapSamples);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        AssertProblem(response, await ServiceUnderTest.ReadJsonAsync(response), status, code);
    }

    [Theory]
    [InlineData("""{"name":1}""", "application/json", 400, "$.name")]
    [InlineData("""{"name":""", "application/json", 400, "line 1")]
    [InlineData("", "application/json", 400, "missing")]
    [InlineData("name=x", "application/x-www-form-urlencoded", 415, null)]
    public async Task Body_NotWhatIsExpected_SaysWhereToLook(string body, string contentType, int status, string? hint)
    {
        await using var service = await ServiceUnderTest.StartAsync(MapSamples);
        using var content = new StringContent(body, Encoding.UTF8, contentType);

        using var response = await service.Client.PostAsync(new Uri("/brands", UriKind.Relative), content, TestContext.Current.CancellationToken);

        var json = await ServiceUnderTest.ReadJsonAsync(response);
        AssertProblem(response, json, status, "VALIDATION");
        if (hint is not null)
        {
            Assert.Contains(hint, json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("image/png")]
    public async Task Caller_AcceptsNoJson_StillGetsAProblem(string accepted)
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => Throw("any")));
        service.Client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(accepted));

        var (response, json) = await service.GetJsonAsync("/");

        AssertProblem(response, json, 500, "INTERNAL");
    }

    [Fact]
    public async Task Problem_FromAnEndpoint_CarriesWhatItWasGiven()
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () =>
            Problem.Create(ProblemCode.RateLimited, "Only 5 requests per minute.", retryAfter: TimeSpan.FromSeconds(1.2))));

        var (response, json) = await service.GetJsonAsync("/");

        AssertProblem(response, json, 429, "RATE_LIMITED");
        Assert.Equal("Only 5 requests per minute.", json.GetProperty("detail").GetString());
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Problem_WithFieldErrors_ListsThem()
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () =>
            Problem.Invalid(new Dictionary<string, string[]>(StringComparer.Ordinal) { ["type"] = ["is required"] })));

        var (response, json) = await service.GetJsonAsync("/");

        AssertProblem(response, json, 400, "VALIDATION");
        Assert.Equal("is required", json.GetProperty("errors").GetProperty("type")[0].GetString());
    }

    [Fact]
    public async Task Problem_FromTheFramework_GetsACodeToo()
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => TypedResults.Problem("taken", statusCode: 409)));

        var (response, json) = await service.GetJsonAsync("/");

        AssertProblem(response, json, 409, "CONFLICT");
        Assert.Equal("taken", json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Problem_FromAMiddleware_IsWritten()
    {
        await using var service = await ServiceUnderTest.StartAsync(app =>
            app.Use((HttpContext context, RequestDelegate _) => Problem.WriteAsync(context, ProblemCode.Forbidden, "Not from here.")));

        var (response, json) = await service.GetJsonAsync("/");

        AssertProblem(response, json, 403, "FORBIDDEN");
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "0af7651916cd43dd8448eb211c80319c")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "0af7651916cd43dd8448eb211c80319c")]
    public async Task Problem_CallerHasATrace_NamesThatTrace(string traceparent, string traceId)
    {
        await using var service = await ServiceUnderTest.StartAsync();
        service.Client.DefaultRequestHeaders.Add("traceparent", traceparent);

        var (_, json) = await service.GetJsonAsync("/missing");

        Assert.Equal(traceId, json.GetProperty("traceId").GetString());
    }

    private static async Task AssertExceptionAsync(string kind, int status, string code, string environment)
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapGet("/", () => Throw(kind)), environment: environment);

        var (response, json) = await service.GetJsonAsync("/");

        AssertProblem(response, json, status, code);
        Assert.DoesNotContain("hunter2", json.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(".cs", json.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", json.GetRawText(), StringComparison.Ordinal);
    }

    private static void AssertProblem(HttpResponseMessage response, JsonElement json, int status, string code)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(status, json.GetProperty("status").GetInt32());
        Assert.Equal(code, json.GetProperty("code").GetString());
        Assert.Matches("^[0-9a-f]{32}$", json.GetProperty("traceId").GetString());
        Assert.Equal(Assert.Single(response.Headers.GetValues("X-Correlation-ID")), json.GetProperty("correlationId").GetString());
        Assert.NotEqual("", json.GetProperty("title").GetString());
    }

    private static IResult Throw(string kind) => throw kind switch
    {
        nameof(TimeoutException) => new TimeoutException(Secret),
        nameof(SocketException) => new SocketException((int)SocketError.ConnectionRefused),
        nameof(HttpRequestException) => new HttpRequestException(Secret),
        "refused" => new HttpRequestException(Secret, null, HttpStatusCode.BadRequest),
        "too many" => new HttpRequestException(Secret, null, HttpStatusCode.TooManyRequests),
        "too slow" => new TaskCanceledException(Secret, new TimeoutException(Secret)),
        "broken off" => new HttpIOException(HttpRequestError.ResponseEnded, Secret),
        "transient" => new SampleDbException(Secret, isTransient: true),
        "permanent" => new SampleDbException(Secret, isTransient: false),
        "25006" or "57014" or "23505" => new PostgresException(Secret, "ERROR", "ERROR", kind),
        "too large" => new BadHttpRequestException(Secret, 413),
        _ => new InvalidOperationException(Secret),
    };

    private static void MapSamples(WebApplication app)
    {
        app.MapGet("/numbers/{n:int}", (int n) => n);
        app.MapGet("/sum", (int left, int right) => left + right);
        app.MapPost("/brands", (SampleBrand brand) => brand);
    }

    private sealed record SampleBrand(string Name);

    private sealed class SampleDbException(string message, bool isTransient) : System.Data.Common.DbException(message)
    {
        public override bool IsTransient => isTransient;
    }
}
