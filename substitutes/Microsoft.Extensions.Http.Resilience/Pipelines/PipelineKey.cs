namespace Microsoft.Extensions.Http.Resilience;

/// <summary>One instance of one pipeline.</summary>
internal readonly record struct PipelineKey(string Name, string Instance);
