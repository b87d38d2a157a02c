using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Gateway.Connections;
using RankMyBrand.Gateway.Http;

namespace RankMyBrand.Tests.Gateway.Connections;

public sealed class EdgeConnectionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connection_ThatTheServerNeverComesBackFrom_LosesItsPlaceWhenItIsGone()
    {
        var served = new SemaphoreSlim(0);
        await using var app = Build(async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            served.Release();
            connection.Abort();
            await Task.Delay(Timeout.Infinite, Cancellation);
        });
        await app.StartAsync(Cancellation);
        var address = new Uri(app.Urls.Single());

        using (await ConnectAsync(address))
            await served.WaitAsync(Cancellation);

        // The next is closed for as long as the first has the only place.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var next = await ConnectAsync(address);
            if (await served.WaitAsync(TimeSpan.FromMilliseconds(200), patience.Token))
                break;
        }
    }

    private static WebApplication Build(ConnectionDelegate serve)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Configure<EdgeLimits>(limits => limits.Connections = 1);
        builder.Services.AddEdgeConnections();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Use(_ => serve)));
        return builder.Build();
    }

    private static async Task<TcpClient> ConnectAsync(Uri address)
    {
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, Cancellation);
        await client.GetStream().WriteAsync("x"u8.ToArray(), Cancellation);
        return client;
    }
}
