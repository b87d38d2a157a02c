using System.Text.Json.Nodes;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration.UserSecrets;
using RankMyBrand.Tests.Docs;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ResetTests : IDisposable
{
    private const string Password = "Parameters:store-password";

    private readonly TemporaryDirectory _data = new();
    private readonly string _id = $"rankmybrand-test-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Secrets => PathHelper.GetSecretsPathFromSecretsId(_id);

    public void Dispose()
    {
        _data.Dispose();
        Directory.Delete(Path.GetDirectoryName(Secrets)!, recursive: true);
    }

    [Fact]
    public async Task Reset_WhileAnotherCheckoutHasData_KeepsThePasswordsOfThoseData()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Secrets)!);
        await File.WriteAllTextAsync(Secrets, new JsonObject { [Password] = "generated" }.ToJsonString(), Cancellation);
        var volumes = Path.Combine(_data.Path, "aspire-local", "volumes");
        var other = Directory.CreateDirectory(Path.Combine(volumes, "rankmybrand.tests-0123456789-store-data")).FullName;
        Directory.CreateDirectory(Path.Combine(volumes, "rankmybrand.tests-of-others-store-data"));

        var first = await ResetAsync();
        Assert.Contains(
            "kept the generated secrets, which the data of another checkout need (volume rankmybrand.tests-0123456789-store-data)",
            first, StringComparison.Ordinal);
        Assert.Contains("generated", await File.ReadAllTextAsync(Secrets, Cancellation), StringComparison.Ordinal);
        Assert.True(Directory.Exists(other));

        Directory.Delete(other);
        Assert.Contains($"forgot the generated value of {Password}", await ResetAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("generated", await File.ReadAllTextAsync(Secrets, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_OfAVolumeWithANameOfItsOwn_LeavesLongerNamesAlone()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Secrets)!);
        var volumes = Path.Combine(_data.Path, "aspire-local", "volumes");
        Directory.CreateDirectory(Path.Combine(volumes, "words"));
        Directory.CreateDirectory(Path.Combine(volumes, "words-of-another-program"));

        Assert.Contains("deleted volume words\n", await ResetAsync(), StringComparison.Ordinal);

        Assert.Equal([Path.Combine(volumes, "words-of-another-program")], Directory.GetDirectories(volumes));
    }

    private async Task<string> ResetAsync()
    {
        await using var process = ExampleProcess.Start(
            typeof(Storing), ("XDG_DATA_HOME", _data.Path), ("ASPIRE_USER_SECRETS_ID", _id), ("ASPIRE_CONTAINER_RUNTIME", "none"));
        Assert.Equal(0, await process.ExitCodeAsync(Cancellation));
        return process.Output;
    }

    /// <summary>An application with data and a generated password, told to reset.</summary>
    private static class Storing
    {
        public static Task RunAsync(string[] args)
        {
            var builder = DistributedApplication.CreateBuilder(["reset", .. args]);
            builder.AddRedis("store").WithDataVolume();
            builder.AddRedis("words").WithDataVolume("words");
            return builder.Build().RunAsync(CancellationToken.None);
        }
    }
}
