using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace RankMyBrand.Tests.Foundation.Events.Fuzz;

/// <summary>
/// Tries a property on generated inputs, new ones in each run. A failure shows the smallest input it could find and its seed, and
/// FUZZ_REPLAY="seed,gamma,size" in the environment starts with that input again.
/// </summary>
internal static class Fuzzing
{
    private const string ReplayVariable = "FUZZ_REPLAY";

    public static void Check<T>(int inputs, Gen<T> generator, Action<T> property) =>
        Check(inputs, generator, _ => [], property);

    public static void Check<T>(int inputs, Gen<T> generator, Func<T, IEnumerable<T>> shrink, Action<T> property)
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(inputs).WithQuietOnSuccess(true).WithReplay(Replay());
        FsCheck.Check.One(config, Prop.ForAll(Arb.From(generator, shrink), property));
    }

    private static FSharpOption<Replay>? Replay()
    {
        if (Environment.GetEnvironmentVariable(ReplayVariable) is not { Length: > 0 } text)
            return null;
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length != 3)
            throw new FormatException($"{ReplayVariable} is '{text}'; it must be three numbers: seed,gamma,size.");
        var numbers = Array.ConvertAll(parts, part => ulong.Parse(part, CultureInfo.InvariantCulture));
        return new Replay(new Rnd(numbers[0], numbers[1]), FSharpOption<int>.Some((int)numbers[2]));
    }
}
