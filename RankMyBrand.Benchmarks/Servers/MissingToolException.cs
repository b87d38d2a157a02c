namespace RankMyBrand.Benchmarks.Servers;

/// <summary>A program that a benchmark compares with is not installed.</summary>
internal sealed class MissingToolException(string tool, string remedy) : Exception(
    $"The benchmark needs {tool}, which is not on the PATH. {remedy}");
