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
        try
        {
            await using var servers = new PlatformServers();
            var run = new BenchmarkRun(arguments.Quick, servers);
            foreach (var benchmark in Suites.Of(arguments))
            {
                Console.Error.WriteLine($"{benchmark.Suite}: {benchmark.GetType().Name} …");
                figures.AddRange(await benchmark.RunAsync(run, stop.Token));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.Error.WriteLine("Cancelled; these are the figures so far.");
        }
        catch (MissingToolException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }

        Report.Print(figures);
        if (arguments.JsonFile is { } file)
            await Report.WriteAsync(figures, file);
        return 0;
    }
}
