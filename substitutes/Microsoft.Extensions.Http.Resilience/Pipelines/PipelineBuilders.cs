using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Goes on configuring a pipeline.</summary>
public interface IHttpResiliencePipelineBuilder
{
    /// <summary>The pipeline.</summary>
    string PipelineName { get; }

    /// <summary>The services.</summary>
    IServiceCollection Services { get; }
}

/// <summary>Goes on configuring a standard pipeline.</summary>
public interface IHttpStandardResiliencePipelineBuilder
{
    /// <summary>The pipeline; also the name of its options.</summary>
    string PipelineName { get; }

    /// <summary>The services.</summary>
    IServiceCollection Services { get; }
}

internal sealed record HttpResiliencePipelineBuilder(string PipelineName, IServiceCollection Services) : IHttpResiliencePipelineBuilder;

internal sealed record HttpStandardResiliencePipelineBuilder(string PipelineName, IServiceCollection Services)
    : IHttpStandardResiliencePipelineBuilder;
