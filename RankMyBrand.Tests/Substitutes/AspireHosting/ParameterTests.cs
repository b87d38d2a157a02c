using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ParameterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parameter_FromConfiguration_AlsoWithUnderscores()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:plain=1", "Parameters:with_hyphen=2", "Other:Key=3");

        Assert.Equal("1", await builder.AddParameter("plain").Resource.GetValueAsync(Cancellation));
        Assert.Equal("2", await builder.AddParameter("with-hyphen").Resource.GetValueAsync(Cancellation));
        Assert.Equal("3", await builder.AddParameterFromConfiguration("other", "Other:Key").Resource.GetValueAsync(Cancellation));
    }

    [Theory]
    [InlineData("Parameters:store-password", "Parameters:store_password")]
    [InlineData("Parameters:store_password", "Parameters:store-password")]
    public async Task Parameter_InSeveralSources_IsThatOfTheLastHoweverItIsWritten(string first, string second)
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        builder.Configuration.AddInMemoryCollection([new(first, "earlier")]);
        builder.Configuration.AddInMemoryCollection([new(second, "later")]);
        builder.Configuration.AddInMemoryCollection([new(first, "")]);

        Assert.Equal("later", await builder.AddParameter("store-password").Resource.GetValueAsync(Cancellation));
    }

    [Fact]
    public async Task Parameter_WithAValue_IgnoresTheConfiguration()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:fixed=configured");

        Assert.Equal("code", await builder.AddParameter("fixed", "code").Resource.GetValueAsync(Cancellation));
    }

    [Fact]
    public async Task Parameter_WithADefault_PrefersTheConfiguration()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:given=configured");
        var shape = new GenerateParameterDefault { MinLength = 40, Special = false, Upper = false, MinNumeric = 5 };

        Assert.Equal("configured", await builder.AddParameter("given", shape).Resource.GetValueAsync(Cancellation));
        var generated = await builder.AddParameter("generated", shape, secret: true).Resource.GetValueAsync(Cancellation);
        Assert.Matches("^[a-z0-9]{40}$", generated);
        Assert.True(generated!.Count(char.IsAsciiDigit) >= 5);
    }

    [Fact]
    public async Task Parameter_ReadTwice_KeepsItsGeneratedValue()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var parameter = builder.AddRedis("redis").Resource.PasswordParameter!;

        Assert.Equal(await parameter.GetValueAsync(Cancellation), await parameter.GetValueAsync(Cancellation));
        Assert.True(parameter.Secret);
    }

    [Fact]
    public async Task Parameter_WithoutAValue_SaysWhereToPutIt()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var parameter = builder.AddParameter("api-key").Resource;

        var error = await Assert.ThrowsAsync<MissingParameterValueException>(async () => await parameter.GetValueAsync(Cancellation));

        Assert.Contains("Parameters:api-key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameter_WithoutAValue_FailsWhatNeedsIt()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("worker", "exec sleep 600").WithEnvironment("KEY", builder.AddParameter("api-key"));
        await using var app = await builder.StartAsync();

        await app.StateAsync("api-key", KnownResourceStates.ValueMissing);
        await app.StateAsync("worker", KnownResourceStates.FailedToStart);
    }

    [Fact]
    public void Parameter_SecretAndPublished_IsRejected()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();

        Assert.Throws<ArgumentException>(() => builder.AddParameter("p", "v", publishValueAsDefault: true, secret: true));
    }
}
