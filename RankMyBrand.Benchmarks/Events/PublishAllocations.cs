using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>What publishing allocates for each event, in all threads, by BenchmarkDotNet's memory diagnoser.</summary>
internal sealed class PublishAllocations : Benchmark
{
    private const double Limit = 200;

    public override string Suite => "events";

    public override int Order => 60;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        PublishJob.Redis = await run.Servers.RedisAsync(cancellationToken);
        var directory = Directory.CreateTempSubdirectory("benchmarks-");
        try
        {
            var config = ManualConfig.CreateEmpty()
                .AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance).WithInvocationCount(20).WithUnrollFactor(1))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .AddLogger(NullLogger.Instance)
                .WithArtifactsPath(directory.FullName)
                .WithOptions(ConfigOptions.DisableLogFile | ConfigOptions.DisableOptimizationsValidator);
            var summary = BenchmarkRunner.Run<PublishJob>(config);
            return
            [
                Figure.AtMost(
                    "allocations, batches of 500",
                    "B/event",
                    Allocated(summary, nameof(PublishJob.Batch)),
                    Limit,
                    "BenchmarkDotNet, events made before"),
                Figure.AtMost(
                    "allocations, 50 awaiting callers", "B/event", Allocated(summary, nameof(PublishJob.Awaited)), Limit,
                    "BenchmarkDotNet, events made before"),
            ];
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static double Allocated(Summary summary, string method)
    {
        var report = summary.Reports.Single(one => one.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);
        return report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)
            ?? throw new InvalidOperationException(
                $"BenchmarkDotNet measured no allocations of {method}: {string.Join("; ", summary.ValidationErrors)}");
    }
}
