"""Every operation of the contract, one request at a time: is what is promised of a single answer kept?"""
