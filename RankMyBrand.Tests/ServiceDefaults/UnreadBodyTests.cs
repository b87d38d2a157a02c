using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Tests.Gateway;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.ServiceDefaults;

/// <summary>
/// A caller that goes away while its request is being refused: the body, which nobody has read, must not become the next request. Over a
/// connection of the gateway's it would be one in anybody's name.
/// </summary>
[Collection(LoadsAlone.Name)]
public sealed class UnreadBodyTests
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Tenant-ID: evil\r\n\r\n";

    [Fact]
    public async Task Body_OfARefusedRequestWhoseCallerHasGone_IsNoRequest()
    {
        var (refused, smuggled) = (0, 0);
        await using var service = await ServiceUnderTest.StartAsync(app =>
        {
            app.MapPost("/refused", () =>
            {
                Interlocked.Increment(ref refused);
                return Results.StatusCode(StatusCodes.Status403Forbidden);
            });
            app.MapGet("/smuggled", () => Interlocked.Increment(ref smuggled));
        });
        var request = $"POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}";

        await QuittingClients.SendAsync(service.Address, request, TestContext.Current.CancellationToken);

        Assert.Equal(QuittingClients.Requests, refused);
        Assert.Equal(0, smuggled);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Expect: 100-continue\r\n")]
    public async Task Answer_BeforeTheBodyHasCome_IsWhole(string header)
    {
        await using var service = await ServiceUnderTest.StartAsync(app =>
        {
            app.MapPost("/refused", () => Results.StatusCode(StatusCodes.Status403Forbidden));
            app.MapGet("/next", () => "next");
        });
        await using var client = await RawClient.ConnectAsync(service.Address);

        await client.SendAsync($"POST /refused HTTP/1.1\r\nHost: a\r\n{header}Content-Length: 4\r\n\r\n");
        var refusal = await client.ReadAsync();
        await client.SendAsync("bodyGET /next HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Contains("FORBIDDEN", refusal, StringComparison.Ordinal);
        Assert.Contains("next", await client.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_AfterABodyThatNobodyRead_IsUsedAgain()
    {
        await using var service = await ServiceUnderTest.StartAsync(app => app.MapPost("/", (HttpContext http) => http.Connection.Id));

        var first = await PostAsync();
        var second = await PostAsync();

        Assert.Equal(first, second);

        async Task<string> PostAsync()
        {
            using var content = new StringContent(new string('x', 100_000));
            using var response = await service.Client.PostAsync(new Uri("/", UriKind.Relative), content, TestContext.Current.CancellationToken);
            return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }
    }
}
