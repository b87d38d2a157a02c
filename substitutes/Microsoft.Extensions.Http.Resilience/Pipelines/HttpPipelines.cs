using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Registry;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Every pipeline of the process. It holds the root services, because a pipeline outlives the scope of the handler that first used it.</summary>
internal sealed class HttpPipelines(IServiceProvider services) : IAsyncDisposable, IDisposable
{
    private readonly ResiliencePipelineRegistry<PipelineKey> _registry = new();

    public Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> Provider(
        string name, Action<ResiliencePipelineBuilder<HttpResponseMessage>, ResilienceHandlerContext> configure)
    {
        var select = services.GetRequiredService<IOptionsMonitor<PipelineKeyOptions>>().Get(name).SelectorFactory?.Invoke(services);
        if (select is not null)
        {
            return request => Get(name, select(request), configure);
        }

        var pipeline = Get(name, "", configure);
        return _ => pipeline;
    }

    public void Dispose() => _registry.Dispose();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    private ResiliencePipeline<HttpResponseMessage> Get(
        string name, string instance, Action<ResiliencePipelineBuilder<HttpResponseMessage>, ResilienceHandlerContext> configure) =>
        _registry.GetOrAddPipeline<HttpResponseMessage>(new PipelineKey(name, instance), (builder, context) =>
        {
            builder.Name = name;
            builder.InstanceName = instance;
            configure(builder, new ResilienceHandlerContext(context, services));
        });
}
