using RankMyBrand.Benchmarks.Gateway.Programs;
using RankMyBrand.Benchmarks.Running;

if (await ChildPrograms.TryRunAsync(args))
    return 0;

if (Arguments.TryParse(args, Suites.Names, out var arguments, out var problem))
    return await BenchmarkProgram.RunAsync(arguments!);

Console.Error.WriteLine(problem);
return 2;
