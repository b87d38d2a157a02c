using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.Tests.Gateway.Routing;

namespace RankMyBrand.Tests.Gateway;

/// <summary>Watches the last request of a service, to see whether what the server holds for it is freed.</summary>
internal sealed class RequestWatch : IStartupFilter
{
    private WeakReference? _last;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, next) =>
        {
            Watch(http);
            return next(http);
        });
        next(app);
    };

    public async Task WaitUntilFreedAsync()
    {
        Assert.NotNull(_last);
        await RoutingHost.WaitUntilAsync(
            () =>
            {
                GC.Collect();
                return Task.FromResult(!_last.IsAlive);
            },
            "the request is freed");
    }

    // Of its own, so that no frame of a debug build holds it. The feature is the server's connection itself.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Watch(HttpContext http) => _last = new WeakReference(http.Features.Get<IHttpRequestFeature>());
}
