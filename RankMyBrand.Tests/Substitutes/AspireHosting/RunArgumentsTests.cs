using Aspire.Hosting;
using Aspire.Hosting.Runtime;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class RunArgumentsTests
{
    [Theory]
    [InlineData("", "Run")]
    [InlineData("reset", "Reset")]
    [InlineData("--help", "Help")]
    [InlineData("Parameters:name=value -h", "Help")]
    [InlineData("Parameters:name=value", "Run")]
    [InlineData("--Parameters:name=value --environment Staging", "Run")]
    [InlineData("--operation run", "Run")]
    [InlineData("--Operation=Run", "Run")]
    [InlineData("--environment --publisher", "Run")]
    public void Read_VerbsAndSettings_AreTold(string line, string verb) => Assert.Equal(verb, $"{RunArguments.Read(Words(line))}");

    [Theory]
    [InlineData("rest", "rest")]
    [InlineData("name=value reset", "reset")]
    [InlineData("--environment", "--environment")]
    public void Read_AnythingElse_IsNamed(string line, string word)
    {
        var error = Assert.Throws<DistributedApplicationException>(() => RunArguments.Read(Words(line)));

        Assert.StartsWith($"'{word}' is neither a verb nor a setting with a value", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--publisher manifest --output-path x.json", "--publisher")]
    [InlineData("--output-path x.json --Publisher=manifest", "--Publisher=manifest")]
    [InlineData("reset --publisher manifest", "--publisher")]
    [InlineData("--operation publish --step publish", "--operation")]
    [InlineData("--operation=publish", "--operation=publish")]
    public void Read_WhatAsksForAManifest_IsRefused(string line, string word)
    {
        var error = Assert.Throws<DistributedApplicationException>(() => RunArguments.Read(Words(line)));

        Assert.StartsWith($"'{word}' asks for a deployment manifest, ", error.Message, StringComparison.Ordinal);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
