using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Gateway.Hub;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Gateway.Hub;

/// <summary>A service with the hub and nothing else.</summary>
internal sealed class RunningHub : IAsyncDisposable
{
    private ServiceUnderTest _service = null!;

    public WebApplication App => _service.App;

    public Uri Address => _service.Address;

    public string? LastAuthorization { get; private set; }

    public RequestWatch Requests { get; } = new();

    public static async Task<RunningHub> StartAsync(params (string Key, string Value)[] settings)
    {
        var hub = new RunningHub();
        hub._service = await ServiceUnderTest.StartAsync(
            app =>
            {
                app.UseHub();
                app.Use((http, next) =>
                {
                    hub.LastAuthorization = http.Request.Headers.Authorization;
                    return next(http);
                });
                app.MapHub();
            },
            builder =>
            {
                builder.AddEventBus();
                builder.AddHub();
                builder.Services.AddSingleton<IStartupFilter>(hub.Requests);
            },
            settings: settings);
        return hub;
    }

    public Task<(HttpResponseMessage Response, JsonElement Json)> GetJsonAsync(string path) => _service.GetJsonAsync(path);

    public async Task WaitForConnectionsAsync(int count)
    {
        var clients = App.Services.GetRequiredService<HubClients>();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (clients.Count != count)
            await Task.Delay(20, patience.Token);
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}
