using System.Globalization;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>
/// Where a run begins: the same in each run, so that a failure stays, unless GATEWAY_FUZZ in the environment is another seed, or
/// "seed,number" for one conversation alone.
/// </summary>
internal static class FuzzSeed
{
    private const string Variable = "GATEWAY_FUZZ";

    public static (int Seed, int? Only) Read()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text)
            return (20_260, null);
        var numbers = Array.ConvertAll(text.Split(','), part => int.Parse(part, CultureInfo.InvariantCulture));
        return (numbers[0], numbers.Length > 1 ? numbers[1] : null);
    }
}
