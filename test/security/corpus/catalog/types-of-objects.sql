UPDATE entry SET type = 'constructor'
