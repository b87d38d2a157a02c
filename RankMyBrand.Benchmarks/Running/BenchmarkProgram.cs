using RankMyBrand.Benchmarks.Servers;

namespace RankMyBrand.Benchmarks.Running;

/// <summary>Runs benchmarks and reports. A missed goal is no failure: a benchmark measures, it does not gate.</summary>
internal static class BenchmarkProgram
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };

        var figures = new List<Figure>();
        var failed = false;
        try
        {
            await using var servers = new PlatformServers();
            var run = new BenchmarkRun(arguments.Quick, servers);
            foreach (var benchmark in Suites.Of(arguments))
            {
                Console.Error.WriteLine($"{benchmark.Suite}: {benchmark.GetType().Name} …");
                try
                {
                    figures.AddRange(await benchmark.RunAsync(run, stop.Token));
                }
                catch (Exception e) when (e is InvalidOperationException or TimeoutException or MissingToolException)
                {
                    // The figures of the others are worth having all the same.
                    failed = true;
                    Console.Error.WriteLine($"{benchmark.GetType().Name} could not be measured: {e.Message}");
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.Error.WriteLine("Cancelled; these are the figures so far.");
        }

        Report.Print(figures);
        if (arguments.JsonFile is { } file)
            await Report.WriteAsync(figures, file);
        return failed ? 1 : 0;
    }
}
