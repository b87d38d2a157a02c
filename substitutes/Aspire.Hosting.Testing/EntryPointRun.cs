using System.Reflection;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Runs an application host's entry point on a thread of its own, held where it builds until the test lets it go on.</summary>
internal sealed class EntryPointRun(
    Assembly assembly, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    : IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _goOn = new();
    private volatile bool _aborted;

    /// <summary>Starts the entry point; returns its builder when it is about to build.</summary>
    public async Task<DistributedApplicationBuilder> StartAsync(CancellationToken cancellationToken)
    {
        if (assembly.EntryPoint is null)
            throw new InvalidOperationException($"The assembly '{assembly.GetName().Name}' has no entry point.");

        new Thread(Run) { IsBackground = true, Name = $"{assembly.GetName().Name} entry point" }.Start();
        return await _building.Task.WaitAsync(s_timeout, cancellationToken);
    }

    /// <summary>Lets the entry point build.</summary>
    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _goOn.Set();
        return _built.Task.WaitAsync(s_timeout, cancellationToken);
    }

    /// <summary>Ends an entry point that nobody will let go on, and the application that it built otherwise.</summary>
    public async ValueTask DisposeAsync()
    {
        _aborted = true;
        _goOn.Set();
        if (_built.Task.IsCompletedSuccessfully)
            await (await _built.Task).DisposeAsync();
        await _ended.Task.WaitAsync(s_timeout);
        _goOn.Dispose();
    }

    private void Run()
    {
        BuilderInterception.Current = new BuilderInterception
        {
            Constructing = (options, host) =>
            {
                host.Args = options.Args = [.. options.Args ?? [], .. args];
                TestDefaults.Apply(options, host, assembly);
                configure(options, host);
                host.Args = options.Args;
            },
            Building = Hold,
            Built = app => _built.TrySetResult(app),
        };
        Exception? failure = null;
        try
        {
            object?[] parameters = assembly.EntryPoint!.GetParameters().Length == 0 ? [] : [args];
            assembly.EntryPoint.Invoke(null, BindingFlags.DoNotWrapExceptions, null, parameters, null);
        }
        catch (Exception e) when (e is not AbortedException)
        {
            failure = e;
        }
        catch (AbortedException)
        {
            // The test did not want the application after all.
        }

        var reason = failure ?? new InvalidOperationException("The entry point ended without building an application.");
        _building.TrySetException(reason);
        _built.TrySetException(reason);
        _ = (_building.Task.Exception, _built.Task.Exception);
        _ended.TrySetResult();
    }

    private void Hold(DistributedApplicationBuilder builder)
    {
        _building.TrySetResult(builder);
        _goOn.Wait();
        if (_aborted)
            throw new AbortedException();
    }

    private sealed class AbortedException : Exception;
}
