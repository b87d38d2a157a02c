namespace RankMyBrand.Benchmarks.Running;

/// <summary>
/// Measures one thing. Every class that derives from it and has a constructor without parameters is run with its suite; nothing else
/// needs to know it.
/// </summary>
internal abstract class Benchmark
{
    /// <summary>The name that runs it on the command line, for example <c>events</c>.</summary>
    public abstract string Suite { get; }

    /// <summary>Its place within the suite.</summary>
    public virtual int Order => 0;

    public abstract Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken);
}
