using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RankMyBrand.ServiceDefaults.Shutdown;

/// <summary>
/// Lets a service that stops because one of its background services has failed end with that exception. To the host itself the stop is
/// one like any other: the process would end with 0, and whoever watches it would not start it again. One that ends by a cancellation of
/// its own cannot be told from one that has been stopped, and does not count.
/// </summary>
internal sealed class BackgroundFailure(
    IServiceProvider services, IHostApplicationLifetime lifetime, IOptions<HostOptions> options) : IHostedLifecycleService
{
    private Exception? _failure;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.BackgroundServiceExceptionBehavior is not BackgroundServiceExceptionBehavior.StopHost)
            return Task.CompletedTask;
        // At its beginning: what fails because it is being stopped has not caused the stop.
        lifetime.ApplicationStopping.Register(() => _failure = services.GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .Select(service => service.ExecuteTask?.Exception?.InnerException)
            .FirstOrDefault(failure => failure is not null));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) =>
        _failure is null ? Task.CompletedTask : Task.FromException(_failure);
}
