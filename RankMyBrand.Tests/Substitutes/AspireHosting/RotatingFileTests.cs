using Aspire.Hosting.Runtime;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class RotatingFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "words.log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void WriteLine_WhenTheFileIsFull_KeepsOneOldFile()
    {
        using var file = new RotatingFile(Path, limit: 8);

        foreach (var line in (string[])["one", "two", "three", "four", "and a long one"])
            file.WriteLine(line);

        Assert.Equal("and a long one\n", File.ReadAllText(Path));
        Assert.Equal("four\n", File.ReadAllText(System.IO.Path.ChangeExtension(Path, "old.log")));
        Assert.Equal(2, Directory.GetFiles(_directory.Path).Length);
    }

    [Fact]
    public void WriteLine_WhereNothingCanBeWritten_DoesNotThrow()
    {
        Directory.CreateDirectory(Path);
        using var file = new RotatingFile(Path, limit: 8);

        file.WriteLine("one");
    }
}
