using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration.UserSecrets;
using RankMyBrand.Tests.Docs;
using RankMyBrand.Tests.Foundation.Events.Consuming;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class UserSecretsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _id = $"rankmybrand-test-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Secrets => PathHelper.GetSecretsPathFromSecretsId(_id);

    public void Dispose()
    {
        _directory.Dispose();
        Directory.Delete(Path.GetDirectoryName(Secrets)!, recursive: true);
    }

    [Fact]
    public async Task GeneratedValues_OfApplicationHostsThatStartAtOnce_AreTheSame()
    {
        await using var first = Start("first");
        await using var second = Start("second");
        await Eventually.TrueAsync(() => Directory.GetFiles(_directory.Path).Length == 2);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), "", Cancellation);
        Assert.Equal(0, await first.ExitCodeAsync(Cancellation));
        Assert.Equal(0, await second.ExitCodeAsync(Cancellation));

        var generated = await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "first"), Cancellation);
        Assert.Equal(Generating.Count, generated.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(generated, await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "second"), Cancellation));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Secrets));
    }

    private ExampleProcess Start(string name) =>
        ExampleProcess.Start(typeof(Generating), ("ASPIRE_USER_SECRETS_ID", _id), ("RESULT", Path.Combine(_directory.Path, name)));

    /// <summary>An application that waits for its turn and then generates many secrets.</summary>
    private static class Generating
    {
        public const int Count = 100;

        public static async Task RunAsync(string[] args)
        {
            var builder = DistributedApplication.CreateBuilder(args);
            var secrets = Enumerable.Range(0, Count)
                .Select(n => builder.AddParameter($"secret-{n}", new GenerateParameterDefault(), secret: true, persist: true).Resource).ToList();
            var result = Environment.GetEnvironmentVariable("RESULT")!;
            await File.WriteAllTextAsync(result, "ready", CancellationToken.None);
            while (!File.Exists(Path.Combine(Path.GetDirectoryName(result)!, "go")))
                await Task.Delay(1, CancellationToken.None);
            var values = new List<string?>();
            foreach (var secret in secrets)
                values.Add(await secret.GetValueAsync(CancellationToken.None));
            await File.WriteAllLinesAsync(result, values!, CancellationToken.None);
        }
    }
}
