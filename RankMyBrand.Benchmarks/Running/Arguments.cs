namespace RankMyBrand.Benchmarks.Running;

/// <summary>What the command line asks for.</summary>
/// <param name="Suite">The name of a suite, or <c>all</c>.</param>
/// <param name="JsonFile">Where the figures are written as JSON; null for nowhere.</param>
/// <param name="Quick">One short round instead of several: to see that everything works, not to compare.</param>
/// <param name="Only">Runs only the benchmarks whose name contains this; null for all of the suite.</param>
internal sealed record Arguments(string Suite, string? JsonFile, bool Quick, string? Only)
{
    public static bool TryParse(string[] args, IReadOnlyCollection<string> suites, out Arguments? arguments, out string? problem)
    {
        (arguments, problem) = (null, null);
        string? suite = null, json = null, only = null;
        var quick = false;
        for (var i = 0; i < args.Length && problem is null; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--json" when i + 1 < args.Length:
                    json = args[++i];
                    break;
                case "--only" when i + 1 < args.Length:
                    only = args[++i];
                    break;
                case "all" when suite is null:
                case var name when suite is null && suites.Contains(name):
                    suite = args[i];
                    break;
                default:
                    problem = $"'{args[i]}' is not understood.";
                    break;
            }
        }

        problem ??= suite is null ? "Which benchmarks?" : null;
        if (problem is not null)
            problem += $" Usage: NAME [--json FILE] [--quick] [--only TEXT], where NAME is one of {string.Join(", ", suites)}, all.";
        else
            arguments = new Arguments(suite!, json, quick, only);
        return problem is null;
    }
}
