using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>A distributed application that can be run.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly BuilderInterception? _interception;
    private readonly string[] _args;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task? _stopping;
    private bool _startRequested;
    private Task? _disposing;

    /// <summary>An application around a host.</summary>
    public DistributedApplication(IHost host)
        : this(host, null, [])
    {
    }

    internal DistributedApplication(IHost host, BuilderInterception? interception, string[] args)
    {
        ArgumentNullException.ThrowIfNull(host);
        (_host, _interception, _args) = (host, interception, args);
    }

    /// <summary>The application host's services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>The states of the resources.</summary>
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>Executes commands of resources.</summary>
    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    // Code of an intercepted entry point must not start what the test wants to start.
    private bool IsEntryPointUnderTest => _interception is not null && BuilderInterception.Current == _interception;

    private IHostApplicationLifetime Lifetime => Services.GetRequiredService<IHostApplicationLifetime>();

    /// <summary>A builder without a command line.</summary>
    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    /// <summary>A builder for a command line.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        return new DistributedApplicationBuilder(new DistributedApplicationOptions { Args = args });
    }

    /// <summary>A builder with options.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) => new DistributedApplicationBuilder(options);

    /// <summary>Runs the application until it is told to stop.</summary>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>Runs the application until it is told to stop.</summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (IsEntryPointUnderTest)
        {
            await StartAsync(cancellationToken);
            await this.WaitForShutdownAsync(cancellationToken);
            return;
        }

        await ConsoleRun.RunAsync(this, _args, cancellationToken);
    }

    /// <summary>Starts the resources; returns when all of them have been created.</summary>
    public virtual async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsEntryPointUnderTest || !TryRequestStart())
        {
            await _started.Task.WaitAsync(cancellationToken);
            return;
        }

        try
        {
            await _host.StartAsync(cancellationToken);
            _started.TrySetResult();
        }
        catch (Exception e) when (_started.TrySetException(e))
        {
            // Nobody else may be waiting; the exception is this caller's.
            _ = _started.Task.Exception;
            throw;
        }
    }

    /// <summary>Stops the resources, dependents before what they depend on.</summary>
    public virtual Task StopAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
            return _stopping ??= _host.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops the resources if they run, and waits until all processes have ended.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        Task disposing;
        lock (_lock)
            disposing = _disposing ??= DisposeOnceAsync();
        await disposing;
        GC.SuppressFinalize(this);
    }

    private async Task DisposeOnceAsync()
    {
        if (_startRequested)
        {
            Lifetime.StopApplication();
            await StopAsync();
        }

        _started.TrySetException(new ObjectDisposedException(nameof(DistributedApplication)));
        _ = _started.Task.Exception;
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
        else
            _host.Dispose();
    }

    private bool TryRequestStart()
    {
        lock (_lock)
            return !_startRequested && (_startRequested = true);
    }
}
