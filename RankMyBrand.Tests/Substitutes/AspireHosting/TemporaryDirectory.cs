namespace RankMyBrand.Tests.Substitutes.AspireHosting;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rankmybrand-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
