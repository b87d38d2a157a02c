using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Polly.Registry;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>What a pipeline may use while it is built.</summary>
public sealed class ResilienceHandlerContext
{
    private readonly ConfigureBuilderContext<PipelineKey> _context;

    internal ResilienceHandlerContext(ConfigureBuilderContext<PipelineKey> context, IServiceProvider services)
    {
        _context = context;
        ServiceProvider = services;
    }

    /// <summary>The services.</summary>
    public IServiceProvider ServiceProvider { get; }

    /// <summary>The pipeline.</summary>
    public string BuilderName => _context.PipelineKey.Name;

    /// <summary>The instance of the pipeline, or an empty string.</summary>
    public string InstanceName => _context.PipelineKey.Instance;

    /// <summary>Returns options as they are now.</summary>
    public TOptions GetOptions<TOptions>(string? name = null) =>
        ServiceProvider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);

    /// <summary>Builds the pipeline anew when the options change.</summary>
    public void EnableReloads<TOptions>(string? name = null)
    {
        name ??= Options.Options.DefaultName;
        var monitor = ServiceProvider.GetRequiredService<IOptionsMonitor<TOptions>>();
        var change = new CancellationTokenSource();
        var listening = monitor.OnChange((_, changed) =>
        {
            if (string.Equals(name, changed, StringComparison.Ordinal))
            {
                change.Cancel();
            }
        });
        _context.AddReloadToken(change.Token);
        _context.OnPipelineDisposed(() =>
        {
            listening?.Dispose();
            change.Dispose();
        });
    }

    /// <summary>Calls back when the pipeline is discarded.</summary>
    public void OnPipelineDisposed(Action callback) => _context.OnPipelineDisposed(callback);
}
