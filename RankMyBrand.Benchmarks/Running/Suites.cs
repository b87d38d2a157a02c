namespace RankMyBrand.Benchmarks.Running;

/// <summary>The benchmarks of this program, found by their type.</summary>
internal static class Suites
{
    private static readonly Benchmark[] s_all =
    [
        .. typeof(Benchmark).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Benchmark)) && !type.IsAbstract)
            .Select(type => (Benchmark)Activator.CreateInstance(type)!)
            .OrderBy(benchmark => benchmark.Suite, StringComparer.Ordinal)
            .ThenBy(benchmark => benchmark.Order)
            .ThenBy(benchmark => benchmark.GetType().Name, StringComparer.Ordinal),
    ];

    public static IReadOnlyCollection<string> Names { get; } =
        [.. s_all.Select(benchmark => benchmark.Suite).Distinct(StringComparer.Ordinal)];

    public static IEnumerable<Benchmark> Of(Arguments arguments) => s_all
        .Where(benchmark => arguments.Suite == "all" || benchmark.Suite == arguments.Suite)
        .Where(
            benchmark => arguments.Only is null || benchmark.GetType().Name.Contains(arguments.Only, StringComparison.OrdinalIgnoreCase));
}
